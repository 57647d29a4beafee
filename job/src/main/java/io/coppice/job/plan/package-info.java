/** What a run will take of memory and time, before it takes it. */
package io.coppice.job.plan;
