package io.coppice.job.evaluation;

import io.coppice.evaluate.RequestEncoder;
import io.coppice.evaluate.Task;
import io.coppice.evaluate.TaskItem;
import io.coppice.evaluate.TaskRecord;
import io.coppice.evaluate.TaskTokenizer;
import io.coppice.evaluate.Tasks;
import io.coppice.failure.InvalidDataException;
import io.coppice.job.calibration.ParallelTextReader;
import io.coppice.job.cli.MeasuredTasks;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.job.text.JsonRecord;
import io.coppice.job.text.TextShape;
import io.coppice.text.Tokenizer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.SparkSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads the files of tasks, and turns them into what a model is asked. */
final class EvaluationTasks {
  private static final Logger LOG = LoggerFactory.getLogger(EvaluationTasks.class);

  private EvaluationTasks() {}

  /**
   * Reads the records of all tasks.
   *
   * @return by task, in the order given
   * @throws InvalidDataException if a file holds anything else
   */
  static Map<Task, TaskData.Records> read(MeasuredTasks settings, SparkSession session) {
    Map<Task, TaskData.Records> records = new LinkedHashMap<>();
    for (MeasuredTasks.TaskFile file : settings.files()) {
      Task task = Tasks.named(file.task());
      ParallelTextReader.Documents documents =
          new ParallelTextReader(session, "")
              .documents(
                  file.path(), TextShape.records(record -> item(task, record)), settings.limit());
      List<TaskItem> items = documents.texts().stream().map(record -> item(task, record)).toList();
      records.put(task, new TaskData.Records(file.path(), items, documents.read().documents()));
    }
    return records;
  }

  private static TaskItem item(Task task, String record) {
    try {
      return task.item(new TaskRecord(JsonRecord.parse(record)));
    } catch (InvalidDataException e) {
      throw new InvalidDataException(
          "as a record of task %s, %s%s".formatted(task.name(), e.getMessage(), known(task)), e);
    }
  }

  /** Somebody who misspells a task's name gets the message about records that it has not. */
  private static String known(Task task) {
    return Tasks.names().contains(task.name())
        ? ""
        : "; tasks with files of their own are " + String.join(", ", Tasks.names());
  }

  /** Encodes the records of all tasks for a model. */
  static Map<String, TaskData> encode(Map<Task, TaskData.Records> records, ModelOnCluster model) {
    Map<String, TaskData> encoded = new LinkedHashMap<>();
    if (records.isEmpty()) {
      return encoded;
    }
    try (Tokenizer tokenizer = model.tokenizer()) {
      RequestEncoder encoder =
          new RequestEncoder(new OfModel(tokenizer), model.model().maxPositions());
      records.forEach((task, read) -> encoded.put(task.name(), TaskData.of(task, read, encoder)));
    }
    encoded.forEach(
        (name, task) -> {
          if (task.truncated() > 0) {
            LOG.warn(
                "Of task {}, {} of {} records are longer than the {} positions of {}; they lose"
                    + " their beginning",
                name,
                task.truncated(),
                task.records().items().size(),
                model.model().maxPositions(),
                model.checkpoint().folder());
          }
        });
    return encoded;
  }

  private record OfModel(Tokenizer tokenizer) implements TaskTokenizer {
    @Override
    public int[] encode(String text, boolean addSpecialTokens) {
      return tokenizer.encode(text, addSpecialTokens);
    }

    @Override
    public int prefixToken() {
      return tokenizer
          .bosId()
          .orElseGet(
              () ->
                  tokenizer.roles().ends().stream()
                      .mapToInt(Integer::intValue)
                      .min()
                      .orElseThrow(
                          () ->
                              new InvalidDataException(
                                  "the model has no token that begins or ends a text, which an"
                                      + " empty context stands for")));
    }
  }
}
