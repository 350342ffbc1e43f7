/**
 * First argument of a process that works on the steps of a stack instead of running a command. In a file of its own: each
 * start of the command line reads it.
 */
export const STACK_WORKER = "stack-worker";
