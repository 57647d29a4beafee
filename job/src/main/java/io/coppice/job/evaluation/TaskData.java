package io.coppice.job.evaluation;

import io.coppice.evaluate.ChoiceScores;
import io.coppice.evaluate.PageScores;
import io.coppice.evaluate.RequestEncoder;
import io.coppice.evaluate.Requests;
import io.coppice.evaluate.Task;
import io.coppice.evaluate.TaskItem;
import io.coppice.evaluate.TokenRequest;
import io.coppice.failure.InvalidDataException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * A task's records as requests to a model.
 *
 * @param records of its file
 * @param requests of all records that are measured
 * @param firsts the number of each record's first request, then that of all requests
 * @param truncated records whose beginning does not fit the model
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record TaskData(Task task, Records records, Requests requests, int[] firsts, int truncated) {

  /**
   * The records of a task's file.
   *
   * @param source the file's name in messages
   * @param all their number, those beyond the limit included
   */
  public record Records(String source, List<TaskItem> items, long all) {
    public Records {
      items = List.copyOf(items);
    }
  }

  /**
   * Encodes a task's records.
   *
   * @throws InvalidDataException if there are none, or one cannot be asked of the model
   */
  static TaskData of(Task task, Records records, RequestEncoder encoder) {
    List<TaskItem> items = records.items();
    if (items.isEmpty()) {
      throw new InvalidDataException(
          "There are no records for task %s in %s; give a file with at least one"
              .formatted(task.name(), records.source()));
    }
    Requests requests = new Requests();
    int[] firsts = new int[items.size() + 1];
    int truncated = 0;
    for (int i = 0; i < items.size(); i++) {
      List<TokenRequest> asked = encode(task, records, i, encoder);
      firsts[i] = requests.add(asked);
      truncated += asked.stream().anyMatch(TokenRequest::truncated) ? 1 : 0;
    }
    firsts[items.size()] = requests.count();
    if (requests.count() == 0) {
      throw new InvalidDataException(
          "There is no text in the records for task %s in %s; give at least one that is not empty"
              .formatted(task.name(), records.source()));
    }
    return new TaskData(task, records, requests, firsts, truncated);
  }

  private static List<TokenRequest> encode(
      Task task, Records records, int index, RequestEncoder encoder) {
    try {
      TaskItem item = records.items().get(index);
      return item instanceof TaskItem.Question question
          ? encoder.encode(question)
          : encoder.encode((TaskItem.Page) item);
    } catch (InvalidDataException e) {
      throw new InvalidDataException(
          "Record %d of %s cannot be asked as task %s: %s."
              .formatted(index + 1, records.source(), task.name(), e.getMessage()),
          e);
    }
  }

  /** The result that the likelihoods of all requests, by number, add up to. */
  TaskResult result(double[] logLikelihoods) {
    TaskResult.Facts facts =
        new TaskResult.Facts(task, records.items().size(), records.all(), truncated);
    List<double[]> each =
        IntStream.range(0, records.items().size())
            .mapToObj(i -> Arrays.copyOfRange(logLikelihoods, firsts[i], firsts[i + 1]))
            .toList();
    List<TaskItem.Question> questions = new ArrayList<>();
    List<TaskItem.Page> pages = new ArrayList<>();
    for (TaskItem item : records.items()) {
      if (item instanceof TaskItem.Question question) {
        questions.add(question);
      } else {
        pages.add((TaskItem.Page) item);
      }
    }
    return pages.isEmpty()
        ? new TaskResult.Choices(facts, ChoiceScores.of(questions, each))
        : new TaskResult.Pages(
            facts,
            PageScores.of(
                pages,
                each.stream()
                    .mapToDouble(values -> DoubleStream.of(values).reduce(0, Double::sum))
                    .toArray()));
  }
}
