// Hands a chosen file to the page as size,bytes in base64,name, and gives the results
// out as a file. So neither is ever written to a disk of the service.
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
    const give_with = (bytes) => give(`${file.size},${bytes},${file.name}`);
    document.getElementById("gw-file-name").textContent = file.name;
    if (file.size > Number(input.dataset.most)) {
      give_with("");
      return;
    }
    const reader = new FileReader();
    reader.onload = () => give_with(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.readAsDataURL(file);
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest ? event.target.closest("#gw-download") : null;
    if (!link) return;
    event.preventDefault();
    const written = document.querySelector("#gw-written textarea, #gw-written input").value;
    const bytes = Uint8Array.from(atob(written), (letter) => letter.charCodeAt(0));
    const file = document.createElement("a");
    file.href = URL.createObjectURL(new Blob([bytes], { type: "text/csv" }));
    file.download = link.getAttribute("download");
    file.click();
    setTimeout(() => URL.revokeObjectURL(file.href), 60000);
  });
})();
