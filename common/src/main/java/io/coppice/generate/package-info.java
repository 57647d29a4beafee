/**
 * Text that a model writes itself, to calibrate it: openings, sampling, and windows filled with it
 * (Shin et al. 2024, arXiv 2406.15524).
 */
package io.coppice.generate;
