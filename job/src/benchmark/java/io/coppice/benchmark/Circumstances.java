package io.coppice.benchmark;

/**
 * What a row's figures depend on besides.
 *
 * @param blasThreads threads of OpenBLAS's own, for libtorch's work
 * @param load how many threads of the whole machine were running or waiting for a processor, over
 *     the minute before the end of the row
 */
record Circumstances(int blasThreads, double load) {}
