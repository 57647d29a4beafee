/**
 * The step from text to token ids: calibration windows, and the stream that perplexity is measured
 * on. Nothing here knows where the text comes from.
 */
package io.coppice.text;
