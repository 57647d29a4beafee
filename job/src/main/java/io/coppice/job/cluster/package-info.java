/** What tasks need from the cluster: Hadoop's configuration and this executor's BLAS. */
package io.coppice.job.cluster;
