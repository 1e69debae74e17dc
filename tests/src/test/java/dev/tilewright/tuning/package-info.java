/** How candidates are timed and judged. */
@NullMarked
package dev.tilewright.tuning;

import org.jspecify.annotations.NullMarked;
