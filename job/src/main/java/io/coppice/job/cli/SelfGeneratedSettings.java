package io.coppice.job.cli;

import java.io.Serializable;

/**
 * What the dense model writes itself to be trained on.
 *
 * @param windows how many, beside those of the given text; 0 for none
 * @param language of the text, a code of ISO 639, or any
 */
public record SelfGeneratedSettings(int windows, String language) implements Serializable {}
