// Hands a chosen file to the page as a line each of its name, its size, and its bytes in base64.
(() => {
  const give = (value) => {
    const field = document.querySelector("#gw-chosen textarea, #gw-chosen input");
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  document.addEventListener("change", (event) => {
    const input = event.target;
    if (!(input instanceof HTMLInputElement) || input.id !== "gw-file" || !input.files.length) return;
    const file = input.files[0];
    const head = `${file.name.replaceAll("\n", " ")}\n${file.size}\n`;
    document.getElementById("gw-file-name").textContent = file.name;
    if (file.size > Number(input.dataset.most)) {
      give(head);
      return;
    }
    const reader = new FileReader();
    reader.onload = () => give(head + reader.result.slice(reader.result.indexOf(",") + 1));
    reader.readAsDataURL(file);
  });
})();
