/**
 * Checkpoints as Hugging Face keeps them: safetensors files, or else files of torch.save, sharded
 * or not, on any Hadoop file system. Headers are checked as strictly as the reference
 * implementation checks them, and pickles are read as data; weights are read by ranges and written,
 * as safetensors, through one bounded buffer.
 */
package io.coppice.checkpoint;
