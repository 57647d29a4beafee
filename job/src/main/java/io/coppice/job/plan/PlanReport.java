package io.coppice.job.plan;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.coppice.failure.Words;
import io.coppice.storage.Json;
import java.util.List;
import java.util.Locale;

/**
 * A plan and the time that it comes to, to be printed.
 *
 * @param plan the plan
 * @param speed speed of the executors' cores
 */
public record PlanReport(Plan plan, Speed speed) {

  /** Seconds that the whole run will last. */
  public double seconds() {
    return plan.work().seconds(plan.executor(), speed);
  }

  /** The command for a cluster, with memory for all that was worked out. */
  public String submitLine() {
    return String.join(
        " ",
        List.of(
            "deploy/coppice --master yarn --deploy-mode client",
            "--num-executors " + plan.executor().executors(),
            "--executor-cores " + plan.executor().slots(),
            "--executor-memory " + spark(plan.executorHeap()),
            "--driver-memory " + spark(plan.driverHeap()),
            "--conf spark.executor.memoryOverhead=" + spark(plan.executorOffHeap()),
            "--conf spark.task.cpus=1",
            "--conf spark.executorEnv.OPENBLAS_NUM_THREADS=1",
            "--conf spark.driver.extraJavaOptions=--add-modules=jdk.incubator.vector",
            "--conf spark.executor.extraJavaOptions=--add-modules=jdk.incubator.vector",
            "-- prune ..."));
  }

  /** Text for people. */
  public String toText() {
    TaskMemory memory = plan.memory();
    WorkToDo work = plan.work();
    StringBuilder text = new StringBuilder();
    line(text, "off-heap of a task, pruning", Words.size(memory.pruning()));
    line(text, "off-heap of a task, training", Words.size(memory.training()));
    if (memory.lastBlock() > 0) {
      line(text, "off-heap of the last block's task", Words.size(memory.lastBlock()));
    }
    line(text, "off-heap of a task, passes", Words.size(memory.pass()));
    line(text, "heap of a task", Words.size(memory.heap()));
    line(
        text,
        "an executor of %d tasks".formatted(plan.executor().slots()),
        "%s off-heap, %s heap"
            .formatted(Words.size(plan.executorOffHeap()), Words.size(plan.executorHeap())));
    line(text, "the driver", Words.size(plan.driverHeap()) + " heap");
    line(
        text,
        "activations",
        "2 x %s in %s"
            .formatted(
                Words.size(plan.activations().chainBytes()),
                plan.activations().broadcast() ? "broadcasts" : "files"));
    line(
        text,
        "tasks of a pass",
        "%d, %d passes".formatted(plan.activations().groups().count(), work.passes()));
    for (WorkToDo.Step step : work.steps()) {
      line(
          text,
          "tasks of " + step.name(),
          "%d, %s, %s"
              .formatted(
                  step.tasks(),
                  step.isOneByOne() ? "one after the other" : "at once",
                  step.waves() == 1 ? "once" : step.waves() + " times"));
    }
    line(
        text,
        "time",
        "%s with %d tasks at a time; a core trains at %s GFLOP/s and does all else at %s (%s)"
            .formatted(
                Words.duration(seconds()),
                plan.executor().allSlots(),
                billions(speed.training()),
                billions(speed.float32()),
                speed.source()));
    plan.warnings().forEach(warning -> text.append("warning: ").append(warning).append('\n'));
    return text.append('\n').append(submitLine()).append('\n').toString();
  }

  private static String billions(double number) {
    return String.format(Locale.ROOT, "%.0f", number / 1e9);
  }

  /** Whole gibibytes, rounded up, in the form that Spark reads. */
  private static String spark(long bytes) {
    return ((bytes + (1L << 30) - 1) >> 30) + "g";
  }

  private static void line(StringBuilder text, String name, String value) {
    text.append(String.format(Locale.ROOT, "%-36s %s%n", name, value));
  }

  /** JSON for programs, with sizes in bytes and time in seconds. */
  public String toJson() {
    ObjectNode json = Json.object();
    json.putObject("task")
        .put("off_heap_pruning", plan.memory().pruning())
        .put("off_heap_training", plan.memory().training())
        .put("off_heap_last_block", plan.memory().lastBlock())
        .put("off_heap_pass", plan.memory().pass())
        .put("heap", plan.memory().heap());
    json.putObject("executor")
        .put("tasks", plan.executor().slots())
        .put("off_heap", plan.executorOffHeap())
        .put("heap", plan.executorHeap());
    json.putObject("driver").put("heap", plan.driverHeap());
    json.putObject("activations")
        .put("bytes", 2 * plan.activations().chainBytes())
        .put("store", plan.activations().broadcast() ? "broadcast" : "files");
    json.putObject("passes")
        .put("tasks", plan.activations().groups().count())
        .put("count", plan.work().passes());
    ArrayNode steps = json.putArray("steps");
    for (WorkToDo.Step step : plan.work().steps()) {
      steps
          .addObject()
          .put("name", step.name())
          .put("tasks", step.tasks())
          .put("waves", step.waves());
    }
    json.put("seconds", seconds())
        .put("flops_per_second", speed.training())
        .put("flops_per_second_float32", speed.float32())
        .put("rate", speed.source());
    plan.warnings().forEach(json.putArray("warnings")::add);
    json.put("submit", submitLine());
    return json.toPrettyString() + "\n";
  }
}
