/** The Spark program: its entry, its session and how it fails. */
package io.coppice.job;
