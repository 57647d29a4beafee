/** Off-heap float32 tensors and the native matrix product. */
package io.coppice.tensor;
