/** Reads text by Spark from any Hadoop file system and draws calibration windows from it. */
package io.coppice.job.calibration;
