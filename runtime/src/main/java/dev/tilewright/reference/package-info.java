/** Plain loops in double: the oracle that every other backend is tested against. */
@NullMarked
package dev.tilewright.reference;

import org.jspecify.annotations.NullMarked;
