package io.coppice.job.generation;

import io.coppice.generate.Language;
import java.io.Serializable;

/**
 * The kind of text that a model is to write.
 *
 * @param language that an opening must be in
 * @param temperature of the sampling, more than 0
 * @param maxLength the most tokens of a text
 */
public record WritingSettings(Language language, double temperature, int maxLength)
    implements Serializable {}
