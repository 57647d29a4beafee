/** Reports of a run while it works, from the executors to the user's terminal. */
package io.coppice.job.progress;
