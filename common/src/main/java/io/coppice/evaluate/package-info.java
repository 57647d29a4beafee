/**
 * The measures of evaluation, apart from the model itself: protocols of perplexity, zero-shot tasks
 * with their prompts, the tokens whose likelihood is asked for, scores with their standard errors.
 */
package io.coppice.evaluate;
