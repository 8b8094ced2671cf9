// Loaded by a spare before it says ready: makes Node set up its loader for ES modules, files and built-in ones alike.
import 'node:worker_threads';
