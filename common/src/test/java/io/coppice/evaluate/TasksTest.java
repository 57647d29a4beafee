package io.coppice.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.coppice.evaluate.TaskItem.Choice;
import io.coppice.evaluate.TaskItem.Page;
import io.coppice.evaluate.TaskItem.Question;
import io.coppice.failure.InvalidDataException;
import io.coppice.storage.Json;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Prompts, choices and answers of every task, worked out by hand from made-up records. */
class TasksTest {
  private static TaskItem item(String task, String json) {
    try {
      return Tasks.named(task).item(new TaskRecord(Json.parse(json.replace('`', '"'))));
    } catch (JsonProcessingException e) {
      throw new AssertionError(json, e);
    }
  }

  private static Question question(String context, int gold, String... choices) {
    return Question.of(context, List.of(choices), gold);
  }

  @Test
  void allTasksAreFoundByName() {
    assertThat(Tasks.names())
        .containsExactly(
            "arc_challenge",
            "arc_easy",
            "boolq",
            "hellaswag",
            "openbookqa",
            "piqa",
            "rte",
            "wikitext",
            "winogrande");
    assertThat(Tasks.names())
        .filteredOn(name -> Tasks.named(name).normalizes())
        .containsExactly("arc_challenge", "arc_easy", "hellaswag", "openbookqa", "piqa");
    assertThat(Tasks.named("my-cloze").name()).isEqualTo("my-cloze");
  }

  @Test
  void boolQ() {
    Question expected = question("Ice floats.\nQuestion: does ice float?\nAnswer:", 1, "no", "yes");
    assertThat(expected.choices().get(1))
        .isEqualTo(new Choice(expected.choices().get(0).context(), " yes", 3));
    assertThat(item("boolq", "{`passage`:`Ice floats.`,`question`:`does ice float`,`label`:1}"))
        .isEqualTo(expected);
    assertThat(
            item(
                "boolq",
                "{`question`:`does ice float`,`title`:`Ice`,`answer`:true,`passage`:`Ice floats.`}"))
        .isEqualTo(expected);
    assertThat(item("boolq", "{`passage`:`Ice floats.`,`question`:`does ice float`,`label`:false}"))
        .isEqualTo(question("Ice floats.\nQuestion: does ice float?\nAnswer:", 0, "no", "yes"));
  }

  @Test
  void rte() {
    Question expected =
        question("It rained.\nQuestion: It was wet. True or False?\nAnswer:", 1, "True", "False");
    assertThat(
            item("rte", "{`sentence1`:`It rained.`,`sentence2`:`It was wet.`,`label`:1,`idx`:0}"))
        .isEqualTo(expected);
    assertThat(
            item(
                "rte",
                "{`premise`:`It rained.`,`hypothesis`:`It was wet.`,`label`:`not_entailment`}"))
        .isEqualTo(expected);
  }

  @Test
  void hellaSwag() {
    assertThat(
            item(
                "hellaswag",
                "{`activity_label`:`Baking`,`ctx_a`:`A cook [step] stands.`,`ctx_b`:`the DOUGH`,"
                    + "`endings`:[`rises [title] It is  done.`,` sinks.`,`sings`,`  `],`label`:`2`}"))
        .isEqualTo(
            question(
                "Baking: A cook stands. The dough",
                2,
                "rises. It is done.",
                "sinks.",
                "sings",
                ""));
  }

  @Test
  void winoGrande() {
    assertThat(
            item(
                "winogrande",
                "{`sentence`:`The cup missed the shelf as the _ was low. `,`option1`:`cup`,"
                    + "`option2`:`shelf`,`answer`:`2`}"))
        .isEqualTo(
            new Question(
                List.of(
                    new Choice("The cup missed the shelf as the cup", " was low.", 8),
                    new Choice("The cup missed the shelf as the shelf", " was low.", 8)),
                1));
  }

  @Test
  void arc() {
    Question expected = question("Question: Which floats?\nAnswer:", 1, "iron", "ice");
    for (String task : List.of("arc_easy", "arc_challenge")) {
      assertThat(
              item(
                  task,
                  "{`id`:`a`,`question`:`Which floats?`,`choices`:{`text`:[`iron`,`ice`],"
                      + "`label`:[`1`,`2`]},`answerKey`:`2`}"))
          .isEqualTo(expected);
      assertThat(
              item(
                  task,
                  "{`id`:`a`,`question`:{`stem`:`Which floats?`,`choices`:[{`text`:`iron`,`label`:"
                      + "`A`},{`text`:`ice`,`label`:`B`}]},`answerKey`:`B`}"))
          .isEqualTo(expected);
    }
  }

  @Test
  void openBookQa() {
    Question expected = question("The sun is", 0, "hot", "cold");
    assertThat(
            item(
                "openbookqa",
                "{`question_stem`:`The sun is`,`choices`:{`text`:[`hot`,`cold`],"
                    + "`label`:[`A`,`B`]},`answerKey`:` A`}"))
        .isEqualTo(expected);
    assertThat(
            item(
                "openbookqa",
                "{`question`:{`stem`:`The sun is`,`choices`:[{`text`:`hot`,`label`:`A`},"
                    + "{`text`:`cold`,`label`:`B`}]},`answerKey`:`A`}"))
        .isEqualTo(expected);
  }

  @Test
  void piqa() {
    assertThat(item("piqa", "{`goal`:`To dry a cup`,`sol1`:`wipe it`,`sol2`:`eat it`,`label`:0}"))
        .isEqualTo(question("Question: To dry a cup\nAnswer:", 0, "wipe it", "eat it"));
  }

  @Test
  void plainLinesAreTakenAsTheyStand() {
    Question expected = question("Ask: ", 1, "a", "né");
    assertThat(expected.choices().get(1).length()).isEqualTo(2);
    assertThat(item("own", "{`query`:`Ask: `,`choices`:[`a`,`né`],`gold`:1}")).isEqualTo(expected);
    assertThat(item("own", "{`context`:`Ask: `,`choices`:[`a`,`né`],`gold`:1}"))
        .isEqualTo(expected);
  }

  @Test
  void wikiText() {
    String page =
        " = Robert = \n \n He said ( in 1 @,@ 000 words ) : \" it 's @-@ so \" , and N left . \n = = Work = = \n";
    // By Python: len(re.split(r"\s+", page)) and len(page.encode()).
    assertThat(item("wikitext", "{`page`:" + Json.text(page) + "}"))
        .isEqualTo(
            new Page(
                " = Robert =\n\nHe said (in 1,000 words): \"it's-so\", and 1 left.\n== Work ==\n",
                31,
                97));
  }

  /** By Python: re.sub(r"\(\s*([^\)]*?)\s*\)", r"(\1)", page) and so on. */
  @Test
  void wikiTextMarks() {
    assertThat(text("( a ( b ) c ) d ( e")).isEqualTo("(a ( b) c ) d ( e");
    assertThat(text("(  ) [ ] { x } ) (")).isEqualTo("() [] {x} ) (");
    assertThat(text("\" a \" b \" c")).isEqualTo("\"a\" b \" c");
    assertThat(text(" a ' b ' c ")).isEqualTo(" a 'b' c ");
  }

  private static String text(String page) {
    return ((Page) item("wikitext", "{`page`:" + Json.text(page) + "}")).text();
  }

  @Test
  @Timeout(10)
  void aPageOfMarksIsReadAtOnce() {
    String page = "( ".repeat(20_000) + " ".repeat(20_000);
    assertThat(text(page)).isEqualTo(page);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          boolq | {`question`:`q`,`label`:1} | expected the field "passage", but found only question, label
          boolq | {`passage`:`p`,`question`:`q`,`label`:-1} | its right answer is number -1, counted from 0, but there are 2 choices; splits for testing are published without answers
          boolq | {`passage`:7,`question`:`q`,`label`:1} | expected a text in the field "passage", but found 7
          rte | {`sentence1`:`a`,`sentence2`:`b`,`label`:`maybe`} | expected a whole number in the field "label", but found `maybe`
          hellaswag | {`activity_label`:`a`,`ctx_a`:`a`,`ctx_b`:`b`,`endings`:`x`,`label`:``} | expected a list of texts in the field "endings", but found `x`
          hellaswag | {`activity_label`:`a`,`ctx_a`:`a`,`ctx_b`:`b`,`endings`:[`x`],`label`:``} | expected a whole number in the field "label", but found ``
          winogrande | {`sentence`:`no gap`,`option1`:`a`,`option2`:`b`,`answer`:`1`} | expected a gap, _, in its sentence, but there is none
          winogrande | {`sentence`:`a _`,`option1`:`a`,`option2`:`b`,`answer`:`3`} | its right answer is number 2, counted from 0, but there are 2 choices
          arc_easy | {`question`:`q`,`choices`:{`text`:[`a`],`label`:[`A`]},`answerKey`:`E`} | its right answer is "E", but the choices are A
          arc_easy | {`question`:`q`,`choices`:{`text`:[`a`,`b`],`label`:[`A`]},`answerKey`:`A`} | expected a label for each choice, but found texts: 2, labels: 1
          arc_easy | {`question`:`q`,`choices`:{`text`:[`a`,`b`],`label`:[`A`,`A`]},`answerKey`:`A`} | expected a label of its own for each choice, but found A, A
          own | {`query`:`q`,`choices`:[`a`],`gold`:1} | its right answer is number 1, counted from 0, but there is 1 choice
          arc_easy | {`query`:`q`,`choices`:[`a`],`gold`:0} | expected the field "question" or "stem", but found only query, choices, gold
          piqa | {`goal`:`g`,`sol1`:`a`,`sol2`:`b`} | expected the field "label", but found only goal, sol1, sol2
          own | {`query`:`q`,`choices`:[],`gold`:0} | it has no choices
          own | {`query`:`q`,`choices`:[`a`,`b`],`gold`:2} | its right answer is number 2, counted from 0, but there are 2 choices
          own | {} | expected the field "query" or "context", but found no fields
          """)
  void whatIsNoRecordOfATaskIsSaid(String task, String json, String message) {
    assertThatThrownBy(() -> item(task, json))
        .isInstanceOf(InvalidDataException.class)
        .hasMessage(message.replace('"', '\'').replace('`', '"'));
  }
}
