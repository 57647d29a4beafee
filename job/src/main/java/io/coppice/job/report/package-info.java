/** The page that shows a run to people, made of its record alone. */
package io.coppice.job.report;
