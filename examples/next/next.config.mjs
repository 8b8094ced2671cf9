/** @type {import('next').NextConfig} */
export default {
    // A native addon, and scripts that run in processes of their own: neither can be bundled.
    serverExternalPackages: ['@tryghost/job-manager']
};
