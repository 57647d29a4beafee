/**
 * The kinds of failure that are not the program's fault: above all the user's mistakes and bad
 * input data.
 */
package io.coppice.failure;
