/** Reads text by Spark and draws calibration windows from it. */
package io.coppice.job.calibration;
