/**
 * Checkpoints as Hugging Face keeps them: safetensors files, sharded or not, on any Hadoop file
 * system. Headers are checked as strictly as the reference implementation checks them; weights are
 * read by ranges and written through one bounded buffer.
 */
package io.coppice.checkpoint;
