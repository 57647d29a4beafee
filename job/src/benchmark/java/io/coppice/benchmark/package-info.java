/** Coppice's arithmetic timed in turn with libtorch's, on the same weights and inputs. */
package io.coppice.benchmark;
