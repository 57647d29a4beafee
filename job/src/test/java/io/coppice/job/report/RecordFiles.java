package io.coppice.job.report;

import io.coppice.job.record.RunRecord;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;

/** A record made by hand, in the folder of a result. */
record RecordFiles(Path folder) {
  /** Ends a script, opens an element, and would be a formula in a spreadsheet. */
  static final String HOSTILE = "=</script><img src=x onerror=alert(1)>\"'&{{title}}";

  /** Writes a small record of which every text is hostile. */
  RecordFiles writeHostile() {
    String hostile = HOSTILE.replace("\"", "\\\"");
    write(
        "coppice/run.json",
        """
        {"configuration":{"model":"m/%1$s","method":"%1$s","select":"held-out","reconstruct":"gp","output":"%1$s"},
         "inputs":{"%1$s":"%1$s"},"engine":"%1$s",
         "model":{"architecture":"x","blocks":2,"hidden_size":8,"parameters":2000,"prunable_parameters":1000,"zeros":500,"bytes":8000},
         "mean_relative_error_calibration":0.0222,"mean_relative_error_held_out":0.0236,
         "perplexity_held_out_dense":17.016,"perplexity_held_out_sparse":17.988,
         "generalisation":{"ratio":1.06,"overfitted":false,"message":"%1$s"},"levels":[],"seconds":23.4,
         "learning_rate":{"chosen":0.001,"trials":[{"rate":0.001,"loss_left":0.55},{"rate":0.002,"loss_left":null}]},
         "masks":{"chosen":"gradual","trials":[{"masks":"at-once","loss":0.25},{"masks":"gradual","loss":0.125}]}}
        """
            .formatted(hostile));
    write("coppice/metrics.jsonl", metrics(2, 1, 3, hostile));
    write(
        "coppice/samples.json",
        """
        {"tokens":32,"samples":[{"opening":"%1$s","dense":"a cat %1$s","sparse":"a cow %1$s","agreeing_tokens":1}]}
        """
            .formatted(hostile));
    write(
        "coppice/timeline.json",
        """
        {"begun":"2026-01-02T03:04:05Z","ended":"2026-01-02T03:05:05Z",
         "stages":[{"name":"%1$s","depth":0,"begun":"2026-01-02T03:04:06Z","seconds":12.5,"heap_peak_bytes":1048576,"resident_peak_bytes":null}],
         "executors":[{"executor":"1","host":"%1$s","cores":2,"heap_peak_bytes":1048576,"resident_peak_bytes":null}],
         "tasks":[{"what":"training","level":"gp","wave":1,"blocks":[0,1],"executor":"1","begun":"2026-01-02T03:04:07Z","seconds":3.5,"off_heap_peak_bytes":2097152}],
         "taken_over":[{"what":"blocks of wave 1","done":1,"of":2}]}
        """
            .formatted(hostile));
    return this;
  }

  /** Adds what both models were measured on, a text with a hostile name and a task. */
  RecordFiles writeEvaluation() {
    write(
        "coppice/evaluation.json",
        """
        {"perplexity":{"%1$s":{"perplexity":5.5,"perplexity_stderr":0.5,"tokens":9}},
         "tasks":{"boolq":{"acc":0.585,"acc_stderr":0.03125,"n":100,"truncated":0}},
         "against":{"perplexity":{"%1$s":{"perplexity":4.5,"perplexity_stderr":0.25}},
          "tasks":{"boolq":{"acc":0.61,"acc_stderr":0.0625,"n":100}}},
         "difference":{"perplexity":{"%1$s":{"perplexity":1.0,"perplexity_stderr":0.125}},
          "tasks":{"boolq":{"acc":-0.025,"acc_stderr":0.015625}}}}
        """
            .formatted(HOSTILE.replace("\"", "\\\"")));
    return this;
  }

  /** Lines of metrics with made-up numbers. */
  static String metrics(int blocks, int waves, int epochs, String layer) {
    return IntStream.range(0, blocks * waves)
        .mapToObj(
            i ->
                """
                {"block":%d,"wave":%d,"level":"gp","error_calibration":0.5,"error_held_out":0.625,"relative_error_calibration":0.02,"relative_error_held_out":0.025,"sparsity":0.5,"seconds":1.5,"seconds_waiting":0.25,"epochs":[%s],"layers":[%s]}
                """
                    .formatted(
                        i % blocks, i / blocks + 1, epochs(epochs), layers(layer, i < blocks)))
        .collect(Collectors.joining());
  }

  private static String epochs(int epochs) {
    return IntStream.range(0, epochs)
        .mapToObj(
            epoch ->
                "{\"epoch\":%d,\"block_error_calibration\":%s,\"block_error_held_out\":%s}"
                    .formatted(epoch, 1.0 / (epoch + 1), epoch == 1 ? 0.75 : 0.875))
        .collect(Collectors.joining(","));
  }

  private static String layers(String name, boolean first) {
    return first
        ? IntStream.range(0, 7)
            .mapToObj(
                i ->
                    "{\"name\":\"mlp.%s%d.weight\",\"pattern\":\"unstructured\",\"sparsity\":0.4%d,\"dead_columns\":0,\"damping\":0.01}"
                        .formatted(name, i, i))
            .collect(Collectors.joining(","))
        : "";
  }

  void write(String name, String content) {
    try {
      Files.createDirectories(folder.resolve(name).getParent());
      Files.writeString(folder.resolve(name), content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  RunRecord read() {
    return RunRecord.read(new org.apache.hadoop.fs.Path(folder.toUri()), new Configuration(false));
  }
}
