/**
 * Text files as people have them: finds them, cuts them into parts for tasks, and reads the
 * documents in them.
 */
package io.coppice.job.text;
