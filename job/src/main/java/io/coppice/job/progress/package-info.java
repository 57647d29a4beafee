/** What a run says while it works, from the executors to the user's terminal. */
package io.coppice.job.progress;
