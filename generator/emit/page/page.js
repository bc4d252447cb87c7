'use strict';
(function () {
  // The filter is of use only with a script, so it is hidden until there is one.
  var box = document.getElementById('filter');
  var entries = Array.prototype.slice.call(document.querySelectorAll('#contents li'));
  box.hidden = false;
  function apply() {
    var words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    entries.forEach(function (entry) {
      var text = (entry.textContent + ' ' + (entry.dataset.hint || '')).toLowerCase();
      entry.hidden = !words.every(function (word) { return text.indexOf(word) >= 0; });
    });
  }
  box.addEventListener('input', apply);
  box.addEventListener('keydown', function (press) {
    if (press.key === 'Escape') {
      box.value = '';
      apply();
    } else if (press.key === 'Enter') {
      var hit = entries.filter(function (entry) { return !entry.hidden && !entry.querySelector('li'); })[0];
      if (hit) hit.querySelector('a').click();
    }
  });

  // The entry of the section that is being read is marked.
  if (!('IntersectionObserver' in window)) return;
  var links = {};
  document.querySelectorAll('#contents a').forEach(function (a) { links[a.getAttribute('href').slice(1)] = a; });
  var current = null;
  var watch = new IntersectionObserver(function (seen) {
    seen.forEach(function (one) {
      var link = links[one.target.id];
      if (!one.isIntersecting || !link) return;
      if (current) current.removeAttribute('aria-current');
      current = link;
      link.setAttribute('aria-current', 'location');
    });
  }, { rootMargin: '0px 0px -80% 0px' });
  document.querySelectorAll('main [id]').forEach(function (target) { if (links[target.id]) watch.observe(target); });
})();
