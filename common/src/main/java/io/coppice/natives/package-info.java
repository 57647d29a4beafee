/** Where the native libraries that the jar carries are unpacked to. */
package io.coppice.natives;
