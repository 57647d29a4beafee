/**
 * How the shipped demo data is made: passages of public-domain novels, and the byte-pair tokenizer
 * of the demo model.
 */
package io.coppice.demo;
