/**
 * The stages of a run: dense pass, reconstruction, sparse pass, assembly, evaluation. Each is a
 * Spark job whose tasks do their work through {@code common}.
 */
package io.coppice.job.stage;
