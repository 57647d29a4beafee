/**
 * Files on any Hadoop file system, which appear whole or not at all. Other packages reach a file
 * system through {@link io.coppice.storage.Storage} alone.
 */
package io.coppice.storage;
