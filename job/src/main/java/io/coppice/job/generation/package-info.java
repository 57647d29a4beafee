/** Lets the dense model write text, in tasks: for a file, or for the windows of a run. */
package io.coppice.job.generation;
