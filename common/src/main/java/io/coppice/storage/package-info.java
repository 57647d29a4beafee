/**
 * Files on any Hadoop file system: finding them, and writing them so that they appear whole or not
 * at all. Other packages access file systems through {@link io.coppice.storage.Storage} alone.
 */
package io.coppice.storage;
