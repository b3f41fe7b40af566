/** The service's HTTP interface. Errors are RFC 9457 problem details. */
@NullMarked
package org.starling.checkpoint.web;

import org.jspecify.annotations.NullMarked;
