/** The entry of the Spark program. */
package io.coppice.job;
