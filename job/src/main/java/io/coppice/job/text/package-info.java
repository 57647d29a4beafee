/**
 * Text files as people have them: where they are, how they are cut into parts for tasks, and the
 * documents in them.
 */
package io.coppice.job.text;
