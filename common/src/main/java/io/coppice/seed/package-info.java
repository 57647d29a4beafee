/** Random choices that depend on the run's one seed and on nothing else. */
package io.coppice.seed;
