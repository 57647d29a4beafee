/** The memory and time that a run will need, worked out before it starts. */
package io.coppice.job.plan;
