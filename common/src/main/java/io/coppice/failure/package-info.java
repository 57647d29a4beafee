/** The two kinds of failure that are not ours: the user's mistakes and bad input data. */
package io.coppice.failure;
