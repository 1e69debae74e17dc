/** Plans and packed weights in a file, so that a second start makes neither. */
@NullMarked
package dev.tilewright.cache;

import org.jspecify.annotations.NullMarked;
