/** Measures models on texts and tasks, and tells what came out. */
package io.coppice.job.evaluation;
