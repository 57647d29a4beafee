/** The threads that the tasks of one process share for their arithmetic. */
package io.coppice.parallel;
