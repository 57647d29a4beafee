package io.coppice.job.evaluation;

import io.coppice.evaluate.ChoiceScores;
import io.coppice.evaluate.Estimate;
import io.coppice.evaluate.PageScores;
import io.coppice.evaluate.Task;
import java.util.LinkedHashMap;
import java.util.Map;

/** The scores of a model in a task. */
public sealed interface TaskResult {
  /**
   * The measurement.
   *
   * @param measured records
   * @param all records of the file, those beyond the limit included
   * @param truncated records whose beginning does not fit the model
   */
  record Facts(Task task, int measured, long all, int truncated) {}

  /** A task with choices. */
  record Choices(Facts facts, ChoiceScores scores) implements TaskResult {
    @Override
    public Map<String, Estimate> measures() {
      Map<String, Estimate> measures = new LinkedHashMap<>();
      measures.put("acc", scores.accuracy());
      if (facts.task().normalizes()) {
        measures.put("acc_norm", scores.accuracyByLength());
      }
      return measures;
    }

    @Override
    public Map<String, Estimate> differences(TaskResult other) {
      ChoiceScores others = ((Choices) other).scores;
      Map<String, Estimate> differences = new LinkedHashMap<>();
      differences.put("acc", scores.accuracyDifference(others));
      if (facts.task().normalizes()) {
        differences.put("acc_norm", scores.accuracyByLengthDifference(others));
      }
      return differences;
    }

    @Override
    public boolean higherIsBetter() {
      return true;
    }
  }

  /** A task with pages. */
  record Pages(Facts facts, PageScores scores) implements TaskResult {
    @Override
    public Map<String, Estimate> measures() {
      Map<String, Estimate> measures = new LinkedHashMap<>();
      measures.put("word_perplexity", scores.wordPerplexity());
      measures.put("byte_perplexity", scores.bytePerplexity());
      measures.put("bits_per_byte", scores.bitsPerByte());
      return measures;
    }

    @Override
    public Map<String, Estimate> differences(TaskResult other) {
      return Map.of("bits_per_byte", scores.bitsPerByteDifference(((Pages) other).scores));
    }

    @Override
    public boolean higherIsBetter() {
      return false;
    }
  }

  Facts facts();

  /** The measures by their names in lm-evaluation-harness, with their standard errors. */
  Map<String, Estimate> measures();

  /**
   * The measures − those of another model, with paired standard errors.
   *
   * @param other of the same records
   */
  Map<String, Estimate> differences(TaskResult other);

  /** Whether a model is better whose measures are higher. */
  boolean higherIsBetter();
}
