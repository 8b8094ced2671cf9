// A JobModel over Prisma.

/** @param {import('@prisma/client').PrismaClient} prisma */
export function createJobModel(prisma) {
    return {
        async add(data) {
            await prisma.job.create({data});
        },

        async findOne({name}) {
            const row = await prisma.job.findUnique({where: {name}});
            return row ? {id: row.id, get: (column) => row[column]} : null;
        },

        async edit(data, {id}) {
            await prisma.job.update({where: {id}, data});
        },

        // With it, two hosts that add the same failed job again at the same moment take turns.
        async destroy({id}) {
            await prisma.job.delete({where: {id}});
        }
    };
}
