/**
 * The making of the shipped demo data: passages of public-domain novels, the byte-pair tokenizer of
 * the demo model, and its training.
 */
package io.coppice.demo;
