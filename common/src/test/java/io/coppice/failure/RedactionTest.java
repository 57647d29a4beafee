package io.coppice.failure;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RedactionTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "s3a://AKIA1:hush@bucket/a            | s3a://***@bucket/a",
        "s3a:/AKIA1:hush@bucket/a             | s3a:/***@bucket/a",
        "s3a://AKIA1:hu/sh+1@bucket/a         | s3a://***@bucket/a",
        "x hdfs://me:8hush@nn:8020/a: gone    | x hdfs://***@nn:8020/a: gone",
        "fs.s3a.secret.key=hush               | fs.s3a.secret.key=***",
        "--conf spark.hadoop.fs.s3a.access.key=hush -- | --conf spark.hadoop.fs.s3a.access.key=*** --",
        "{\"fs.s3a.session.token\": \"hush\"} | {\"fs.s3a.session.token\": \"***\"}",
        "fs.azure.account.key.me.net: hush, b | fs.azure.account.key.me.net: ***, b",
        "AWS_SECRET_ACCESS_KEY=hush           | AWS_SECRET_ACCESS_KEY=***",
        "javax.jdo.option.ConnectionPassword=hush | javax.jdo.option.ConnectionPassword=***",
        "https://a.net/b?sv=1&sig=hush%3D&x=1 | https://a.net/b?sv=1&sig=***&x=1",
        "https://a/b?X-Amz-Signature=hush     | https://a/b?X-Amz-Signature=***"
      })
  void credentialsAreHidden(String text, String expected) {
    assertThat(Redaction.of(text)).isEqualTo(expected).doesNotContain("hush");
    assertThat(Redaction.isNeeded(text)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "hdfs://nn:8020/a/b@c.jsonl",
        "hdfs://nn:8020",
        "abfss://container@account.dfs.core.windows.net/a",
        "gs://bucket/a",
        "prefix-tokens=16 sequence-length=128",
        "has token 5: the vocabulary has 4",
        "Unrecognized token 'a': was expecting JSON",
        "/models/secret/llama",
        "block 3: 5 epochs, 12:30:01 a@b"
      })
  void allElseStays(String text) {
    assertThat(Redaction.of(text)).isEqualTo(text);
    assertThat(Redaction.isNeeded(text)).isFalse();
  }
}
