/**
 * Reconstruction: training a pruned block's remaining weights, mask fixed, towards what the dense
 * model computes (Shin et al., "Rethinking Pruning Large Language Models: Benefits and Pitfalls of
 * Reconstruction Error Minimization", EMNLP 2024, arXiv 2406.15524).
 */
package io.coppice.reconstruct;
