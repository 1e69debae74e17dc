package dev.tilewright;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tilewright.kernel.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How threads share the parts of a task. */
@Timeout(60)
final class WorkersTest {
  private interface Body {
    void run(int from, int to, int worker) throws InterruptedException;
  }

  private static Task task(int parts, Body body) {
    return new Task() {
      @Override
      public int parts() {
        return parts;
      }

      @Override
      public void run(int from, int to, int worker) {
        try {
          body.run(from, to, worker);
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
      }
    };
  }

  @Test
  void everyPartIsComputedOnceInEveryRun() {
    for (int threads = 1; threads <= 4; threads++) {
      try (Workers workers = new Workers(threads)) {
        for (int parts : new int[] {1, 2, 3, 5, 16, 97}) {
          AtomicIntegerArray times = new AtomicIntegerArray(parts);
          Workers.Region region =
              new Workers.Region(
                  task(
                      parts,
                      (from, to, worker) -> {
                        for (int part = from; part < to; part++) {
                          times.incrementAndGet(part);
                        }
                      }),
                  threads);
          for (int run = 1; run <= 100; run++) {
            workers.run(region);
            for (int part = 0; part < parts; part++) {
              assertThat(times.get(part)).as("part %d of %d", part, parts).isEqualTo(run);
            }
          }
        }
      }
    }
  }

  @Test
  void eachThreadBeginsWithItsOwnRange() {
    CountDownLatch begun = new CountDownLatch(2);
    AtomicIntegerArray first = new AtomicIntegerArray(new int[] {-1, -1});
    Task task =
        task(
            16,
            (from, to, worker) -> {
              if (first.compareAndSet(worker, -1, from)) {
                begun.countDown();
                begun.await(); // nobody takes a range whose owner has not begun
              }
            });
    try (Workers workers = new Workers(2)) {
      workers.run(new Workers.Region(task, 2));
    }
    assertThat(first.get(0)).isZero();
    assertThat(first.get(1)).isEqualTo(8);
  }

  @Test
  void aThreadGoesOnWhereItsLastCallStopped() {
    CountDownLatch begun = new CountDownLatch(2);
    CountDownLatch finished = new CountDownLatch(1);
    List<String> calls = new ArrayList<>();
    Task waiting =
        task(
            16,
            (from, to, worker) -> {
              begun.countDown();
              (worker == 0 ? begun : finished).await();
            });
    Task task =
        new Task() {
          @Override
          public int parts() {
            return waiting.parts();
          }

          @Override
          public void run(int from, int to, int worker) {
            waiting.run(from, to, worker);
            add("run", from, to, worker);
          }

          @Override
          public void goOn(int from, int to, int worker) {
            add("go on", from, to, worker);
          }

          private void add(String call, int from, int to, int worker) {
            if (worker == 0) {
              calls.add(call + " " + from + " to " + to);
              if (to == 16) {
                finished.countDown();
              }
            }
          }
        };
    try (Workers workers = new Workers(2)) {
      workers.run(new Workers.Region(task, 2));
    }
    assertThat(calls)
        .containsExactly(
            "run 0 to 6", "go on 6 to 7", "go on 7 to 8", "run 14 to 15", "go on 15 to 16");
  }

  @Test
  void othersFinishTheRangeOfAThreadThatIsHeldUp() {
    CountDownLatch held = new CountDownLatch(1);
    CountDownLatch finished =
        new CountDownLatch(9); // its own eight, and of the other's what is free
    Task task =
        task(
            16,
            (from, to, worker) -> {
              if (worker == 1) {
                held.countDown();
                finished.await();
              } else {
                held.await();
                for (int part = from; part < to; part++) {
                  finished.countDown();
                }
              }
            });
    try (Workers workers = new Workers(2)) {
      workers.run(new Workers.Region(task, 2)); // or never ends
    }
    assertThat(finished.getCount()).isZero();
  }

  @Test
  void theCallerGetsWhatAWorkerThrows() {
    CountDownLatch thrown = new CountDownLatch(1);
    Task task =
        task(
            2,
            (from, to, worker) -> {
              if (worker == 1) {
                thrown.countDown();
                throw new IllegalArgumentException("of a worker");
              }
              thrown.await();
            });
    try (Workers workers = new Workers(2)) {
      assertThatThrownBy(() -> workers.run(new Workers.Region(task, 2)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("of a worker");
    }
  }
}
