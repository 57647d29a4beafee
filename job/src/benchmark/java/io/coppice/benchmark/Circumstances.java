package io.coppice.benchmark;

/**
 * Everything else that a row's figures depend on.
 *
 * @param blasThreads threads of OpenBLAS's own, for libtorch's work
 * @param load how many threads of the whole machine were running or waiting for a processor, over
 *     the minute before the end of the row
 */
record Circumstances(int blasThreads, double load) {}
