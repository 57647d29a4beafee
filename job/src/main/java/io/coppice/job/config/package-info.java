/** What a run is asked to do: immutable settings, and the file and record they are kept in. */
package io.coppice.job.config;
